export { AnalysisView } from './AnalysisView';
export { EngineAnalyses, engineNames } from './EngineAnalyses';
export { Problems } from './Problems';
