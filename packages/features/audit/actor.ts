/** A principal as the trail names it: what acted, and the person and the agent behind it. */
export interface ActingPrincipal {
  /** `user:<id>`, `agent:<id>` or `key:<id>`. */
  readonly name: string;
  readonly userId: string | undefined;
  readonly agentId: string | undefined;
  /** The key that was presented; absent for a sign-in. */
  readonly keyId?: string | undefined;
}

/** Who did something; a job is named `system:<job>`. */
export type Actor = ActingPrincipal | string;

/** The one text that stands for an actor. */
export function nameOfActor(actor: Actor): string {
  return typeof actor === 'string' ? actor : actor.name;
}
