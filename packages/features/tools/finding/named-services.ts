import type { Question } from './question.ts';
import { termsOf } from './words.ts';

/** Tells of services whether a question names them: `list issues in Pager Duty` names `pagerduty`. */
export function servicesNamedBy({ wanted }: Question): (service: string) => boolean {
  const terms = new Set(wanted.flatMap(({ alternatives }) => alternatives.flatMap((alternative) => alternative.terms)));
  const known = new Map<string, boolean>();
  return (service) => {
    let named = known.get(service);
    if (named === undefined) {
      const own = termsOf(service);
      named = own.length > 0 && own.every((term) => terms.has(term));
      known.set(service, named);
    }
    return named;
  };
}
