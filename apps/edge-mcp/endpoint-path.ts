/** What a path of the gateway names. */
export interface EndpointPath {
  /** The endpoint, which is the OAuth resource. */
  readonly path: string;
  /** The tool set whose tools alone are there. */
  readonly set?: string;
}

const ofSet = /^(.*\/(?:mcp|mcp\/oauth|ws))\/sets\/([a-z0-9][a-z0-9-]{0,38}[a-z0-9])$/u;

/** Reads a path; a tool set is reached below any endpoint, under `sets/<name>`. */
export function readEndpointPath(pathname: string): EndpointPath {
  const [, path, set] = ofSet.exec(pathname) ?? [];
  return path === undefined || set === undefined ? { path: pathname } : { path, set };
}
