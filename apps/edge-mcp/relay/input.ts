import type { CallExchangeRequest, RoundInput } from '@devmesh/api';
import type { InputRequest, InputRequired, RequestContext, Session } from '@devmesh/mcp';

type Asked = Pick<Session<unknown>, 'clientCapabilities'>;

/** What services may ask of a client, as it declared it. */
export function askableOf({ clientCapabilities }: Asked): CallExchangeRequest['capabilities'] {
  const { elicitation, sampling, roots } = clientCapabilities;
  return {
    ...(elicitation === undefined ? {} : { elicitation: elicitation as object }),
    ...(sampling === undefined ? {} : { sampling: sampling as object }),
    ...(roots === undefined ? {} : { roots: {} }),
  };
}

/** What goes to the platform with a request that may end in questions: the protocol layer puts them to any client, and calls again. */
export function inputOf(session: Asked, { inputResponses, requestState }: RequestContext): RoundInput {
  const answers = Object.entries(inputResponses).map(([key, answer]) => [key, { ...answer }]);
  return { capabilities: askableOf(session), inputResponses: Object.fromEntries(answers), requestState };
}

/** The questions of a service's answer, where it is that. */
export function requiredBy({
  inputRequired,
}: {
  readonly inputRequired?:
    | { readonly inputRequests?: Record<string, InputRequest> | undefined; readonly requestState?: string | undefined }
    | undefined;
}): InputRequired | undefined {
  return inputRequired === undefined ? undefined : { resultType: 'input_required', ...inputRequired };
}
