export type EngineName = 'postgres' | 'redis';

export interface EngineStatus {
  answers: boolean;
  port: number;
  version: string | null;
  log: string;
}

export interface Status {
  home: string;
  postgres: EngineStatus & { pgvector: string | null };
  redis: EngineStatus;
}

export const engineNames: EngineName[];
export function up(): Promise<void>;
export function start(...names: EngineName[]): Promise<void>;
export function stop(...names: EngineName[]): Promise<void>;
export function kill(...names: EngineName[]): Promise<void>;
export function abort(...names: EngineName[]): Promise<void>;
export function freeze(...names: EngineName[]): Promise<void>;
export function thaw(...names: EngineName[]): Promise<void>;
export function remove(): Promise<void>;
export function reset(): Promise<void>;
export function status(): Promise<Status>;
export function variables(): { DATABASE_URL: string; REDIS_URL: string };
