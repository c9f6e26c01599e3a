import {
  Engine,
  SqlAnalysis,
  TransactionMode,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useCallback } from 'react';
import { useHubClient } from './useHub';
import { Load, useLoad } from './useLoad';

/** Larger scripts are analysed when asked: it takes the server seconds. */
export const ANALYSED_WHILE_TYPING = 500_000;

/** The analysis of a script for each engine. */
export type Analyses = { engine: Engine; analysis: SqlAnalysis }[];

interface AnalysisInput {
  /** Stable between renders. */
  engines: Engine[];
  sql: string;
  mode: TransactionMode;
}

/** How the server would cut and judge the script, for each engine. */
export function useAnalysis(input: AnalysisInput): Load<Analyses> {
  const client = useHubClient();
  const { engines, sql, mode } = input;
  return useLoad(
    useCallback(
      async (signal: AbortSignal) => {
        if (sql.trim() === '' || sql.length > ANALYSED_WHILE_TYPING) return [];
        return Promise.all(
          engines.map(async engine => ({
            engine,
            analysis: await client.call('analyzeSql', {
              body: { engine, sql, transactionMode: mode },
              signal,
            }),
          })),
        );
      },
      [client, engines, sql, mode],
    ),
  );
}
