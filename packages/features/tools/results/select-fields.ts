import { MeshError } from '@devmesh/foundation';
import { isObject } from '../reading/json-value.ts';

/** Which members of an answer are wanted, by name; true: all of it. `*` stands for any. */
export type Selection = true | { readonly [member: string]: Selection };

const mostPaths = 50;
const deepestPath = 20;
const anyMember = '*';

/**
 * Reads paths: `items.name`, `items[].name`, or JSON pointers `/items/0/name`. A list is looked through for each of its items
 * where no index is given. Throws `invalid_request` for what is no path.
 */
export function readSelection(paths: readonly string[]): Selection | undefined {
  if (paths.length === 0) return undefined;
  if (paths.length > mostPaths) throw refused(`At most ${String(mostPaths)} fields can be selected.`);
  return paths.map(stepsOf).reduce<Selection>(addPath, Object.create(null) as Selection);
}

function stepsOf(path: string): readonly string[] {
  const steps = path.startsWith('/')
    ? path
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    : path
        .replace(/^\$\.?/u, '')
        .replaceAll(/\[(\d*|\*)\]/gu, (_whole, index: string) => `.${index === '' ? anyMember : index}`)
        .split('.')
        .filter((step, index) => step !== '' || index > 0);
  if (steps.length > deepestPath || steps.some((step) => step === '')) {
    throw refused(`"${path.slice(0, 100)}" is no path of fields; write it as items.name or /items/0/name.`);
  }
  return steps;
}

function addPath(selection: Selection, steps: readonly string[]): Selection {
  const [step, ...rest] = steps;
  if (step === undefined || selection === true) return true;
  const below = Object.hasOwn(selection, step) ? selection[step] : undefined;
  const next = addPath(below ?? (Object.create(null) as Selection), rest);
  return Object.assign(Object.create(null) as object, selection, { [step]: next });
}

/** Only what is wanted of a value, in its shape; what is not there is left out. */
export function selectFields(value: unknown, selection: Selection): unknown {
  if (selection === true) return value;
  if (Array.isArray(value)) return selectItems(value, selection);
  if (!isObject(value)) return undefined;
  const members = Object.entries(value).flatMap(([name, member]) => {
    const wanted = merged(Object.hasOwn(selection, name) ? selection[name] : undefined, selection[anyMember]);
    if (wanted === undefined) return [];
    const part = selectFields(member, wanted);
    return part === undefined ? [] : [[name, part] as const];
  });
  return Object.fromEntries(members);
}

/** Items by their index, and all of them where anything else is said of them. */
function selectItems(items: readonly unknown[], selection: Exclude<Selection, true>): readonly unknown[] {
  const names = Object.entries(selection).filter(([step]) => step !== anyMember && !/^\d+$/u.test(step));
  const every = merged(selection[anyMember], names.length === 0 ? undefined : Object.fromEntries(names));
  return items.flatMap((item, index) => {
    const step = String(index);
    const wanted = merged(every, Object.hasOwn(selection, step) ? selection[step] : undefined);
    const part = wanted === undefined ? undefined : selectFields(item, wanted);
    return part === undefined ? [] : [part];
  });
}

/** All that either wants. */
function merged(one: Selection | undefined, other: Selection | undefined): Selection | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one === true || other === true) return true;
  const steps = new Set([...Object.keys(one), ...Object.keys(other)]);
  const below = (of: Selection, step: string): Selection | undefined =>
    of !== true && Object.hasOwn(of, step) ? of[step] : undefined;
  return Object.fromEntries([...steps].map((step) => [step, merged(below(one, step), below(other, step)) ?? true]));
}

function refused(message: string): MeshError {
  return new MeshError('invalid_request', message, { issues: [{ path: 'body.select', message }] });
}
