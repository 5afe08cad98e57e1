import { MeshError } from '@devmesh/foundation';
import { isObject, type Loose } from '../reading/json-value.ts';
import { documentOf } from './described-document.ts';
import { endpointListOf } from './endpoint-list.ts';
import { postmanCollectionOf } from './postman.ts';
import { webServicesOf } from './web-services.ts';

/** Formats that are not OpenAPI and become OpenAPI documents before they are read. */
const descriptions = [postmanCollectionOf, webServicesOf, endpointListOf] as const;

/** What is told of descriptions that nothing can be made of, by the member that gives them away. */
const others: Readonly<Record<string, string>> = {
  asyncapi: 'an AsyncAPI document, which describes messages and no calls',
  graphql: 'a GraphQL schema',
  __schema: 'a GraphQL schema',
  wsdl: 'a WSDL description',
  arazzo: 'an Arazzo document, which describes workflows; give the OpenAPI document that it names',
  overlay: 'an OpenAPI Overlay; give the document that it changes',
};

/**
 * The OpenAPI document that a Postman collection or a plain JSON description says the same as; any other document as it is.
 * Throws `broken_document` that names a format which cannot become tools.
 */
export function convertDescription(document: Loose): Loose {
  if (document['openapi'] !== undefined || document['swagger'] !== undefined) return document;
  const other = Object.keys(others).find((member) => document[member] !== undefined);
  if (other !== undefined) throw notSupported(others[other] ?? other);
  if (isObject(document['data']) && document['data']['__schema'] !== undefined) throw notSupported('a GraphQL schema');
  for (const read of descriptions) {
    const described = read(document);
    if (described !== undefined) return documentOf(described);
  }
  return document;
}

function notSupported(what: string): MeshError {
  return new MeshError('broken_document', `This is ${what}; it cannot be made into tools.`);
}
