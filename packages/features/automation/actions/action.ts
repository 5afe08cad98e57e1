import type { RuleActionSettings } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import type { Facts } from '../condition.ts';

/** An event as rules and actions see it. */
export interface Occurrence extends Facts {
  /** The id of the event, or of none where rules are only tried. */
  readonly eventId: string;
  readonly sourceId: string | null;
  /** W3C trace context of what caused it. */
  readonly traceparent: string | null;
}

export type ActionType = RuleActionSettings['type'];
type SettingsOf<Type extends ActionType> = Extract<RuleActionSettings, { readonly type: Type }>;

/** What an action is going to do, in words and as the action itself understands it. */
export interface Prepared<Request = unknown> {
  readonly summary: string;
  readonly request: Request;
}

/** What an action did. */
export interface Effect {
  /** The task, repository or notification; absent where there was nothing to do it to. */
  readonly subjectId?: string | undefined;
  readonly summary: string;
  /** A doorbell for after the commit; losing it costs time only. */
  readonly ring?: () => Promise<void>;
}

/** What requests of one action have in common. */
interface Circumstances {
  readonly tenantId: string;
  /** As the audit trail names it. */
  readonly actor: string;
}

/** Something that a rule can do; a feature contributes one. */
export interface RuleAction {
  readonly type: ActionType;
  /** Works out what is to be done, without doing it; throws where the event lacks what the settings name. */
  prepare(settings: RuleActionSettings, occurrence: Occurrence): Prepared;
  /** Does it for many events in the transaction of the caller; one effect for each request, in order. */
  run(tx: Tx, circumstances: Circumstances, requests: readonly unknown[]): Promise<readonly Effect[]>;
}

interface TypedAction<Type extends ActionType, Request> {
  readonly type: Type;
  prepare(settings: SettingsOf<Type>, occurrence: Occurrence): Prepared<Request>;
  run(tx: Tx, circumstances: Circumstances, requests: readonly Request[]): Promise<readonly Effect[]>;
}

/** Declares an action; its own `prepare` types what its `run` takes. */
export function defineAction<const Type extends ActionType, Request>(action: TypedAction<Type, Request>): RuleAction {
  // Settings are routed by their type and requests return to the action that prepared them, so the shapes agree.
  return action;
}
