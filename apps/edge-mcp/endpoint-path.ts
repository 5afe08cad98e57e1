/** What a path of the gateway names. */
export interface EndpointPath {
  /** The endpoint, which is the OAuth resource. */
  readonly path: string;
  /** The tool set whose tools alone are there. */
  readonly set?: string;
  /** Of the imported tools only the pinned ones are listed there. */
  readonly meta?: true;
}

const ofSet = /^(.*\/(?:mcp|mcp\/oauth|ws))\/sets\/([a-z0-9][a-z0-9-]{0,38}[a-z0-9])$/u;

const ofMeta = /^(.*\/(?:mcp|mcp\/oauth|ws))\/meta$/u;

/** Reads a path; below any endpoint a tool set is reached under `sets/<name>`, and the meta tools under `meta`. */
export function readEndpointPath(pathname: string): EndpointPath {
  const [, above] = ofMeta.exec(pathname) ?? [];
  if (above !== undefined) return { path: above, meta: true };
  const [, path, set] = ofSet.exec(pathname) ?? [];
  return path === undefined || set === undefined ? { path: pathname } : { path, set };
}
