import { MeshError } from '@devmesh/foundation';

const maximumNameLength = 100;
const maximumDeliveryIdLength = 200;

/** The name of the event. Throws `invalid_request` unless it is a text of 1 to 100 characters. */
export function requireEvent(value: unknown, where: string): string {
  return labelOf(value, maximumNameLength) ?? fail(where, maximumNameLength);
}

/** The name of the event where there is one that can be stored. */
export function eventOf(value: unknown): string | undefined {
  return labelOf(value, maximumNameLength);
}

/** `action` as a webhook carries it: absent rather than empty or odd. */
export function actionOf(value: unknown): { readonly action?: string } {
  const action = labelOf(value, maximumNameLength);
  return action === undefined ? {} : { action };
}

/** The sender's own id of a delivery. Throws `invalid_request` unless it is a text of 1 to 200 characters. */
export function requireDeliveryId(value: unknown, where: string): string {
  return deliveryIdOf(value) ?? fail(where, maximumDeliveryIdLength);
}

/** The sender's own id of a delivery where there is one that can be stored. */
export function deliveryIdOf(value: unknown): string | undefined {
  return labelOf(value, maximumDeliveryIdLength);
}

function labelOf(value: unknown, maximumLength: number): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text === '' || text.length > maximumLength) return undefined;
  return /\p{C}/u.test(text) ? undefined : text;
}

function fail(where: string, maximumLength: number): never {
  throw new MeshError('invalid_request', `${where} must have 1 to ${String(maximumLength)} printable characters.`);
}
