export { EngineAnalyses, engineNames } from './EngineAnalyses';
export { Problems } from './Problems';
