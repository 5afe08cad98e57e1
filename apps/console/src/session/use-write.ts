import { useMutation, useQueryClient, type UseMutationResult } from '@tanstack/react-query';
import { isPassing } from './failure.ts';
import { newIdempotencyKey } from './idempotency-key.ts';
import { queryKeys, type QueryName } from './query-keys.ts';

interface WriteOptions {
  readonly idempotencyKey: string;
}

/** A write in progress; `submit` starts it. */
export type Write<Input, Result> = Omit<UseMutationResult<Result, Error, Keyed<Input>>, 'mutate' | 'mutateAsync'> & {
  readonly submit: (input: Input, onDone?: (result: Result) => void) => void;
};

interface Keyed<Input> {
  readonly input: Input;
  readonly idempotencyKey: string;
}

/** A write that is sent again under the same idempotency key when the platform is away, and refreshes what it changed. */
export function useWrite<Input, Result>(
  write: (input: Input, options: WriteOptions) => Promise<Result>,
  changes: readonly QueryName[],
): Write<Input, Result> {
  const queries = useQueryClient();
  const { mutate, ...mutation } = useMutation<Result, Error, Keyed<Input>>({
    mutationFn: ({ input, idempotencyKey }) => write(input, { idempotencyKey }),
    retry: (count, error) => count < 2 && isPassing(error),
    onSuccess: async () => {
      await Promise.all(changes.map((name) => queries.invalidateQueries({ queryKey: queryKeys[name] })));
    },
  });
  return {
    ...mutation,
    submit: (input, onDone) => {
      mutate({ input, idempotencyKey: newIdempotencyKey() }, { onSuccess: (result) => onDone?.(result) });
    },
  };
}
