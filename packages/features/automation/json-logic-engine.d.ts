/** The part of json-logic-engine that conditions use; the package's own types are not where its `exports` look for them. */
declare module 'json-logic-engine' {
  type Evaluate = (args: unknown, context: unknown, above: unknown, engine: LogicEngine) => unknown;
  type Method = Evaluate | { readonly method: Evaluate; readonly lazy?: boolean };

  export class LogicEngine {
    constructor(
      methods: Readonly<Record<string, Method>>,
      options: { readonly disableInterpretedOptimization: boolean },
    );
    methods: Readonly<Record<string, Method>>;
    truthy: (value: unknown) => boolean;
    run(logic: unknown, data: unknown): unknown;
  }

  export const defaultMethods: Readonly<Record<string, Method>>;
}
