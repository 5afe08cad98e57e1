// zod probes for `eval` when schemas are declared, which the Content-Security-Policy reports as a violation.
Reflect.set(globalThis, '__zod_globalConfig', { jitless: true });
