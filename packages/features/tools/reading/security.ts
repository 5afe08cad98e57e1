import { isObject, listOf, objectOf, own, textOf, type Loose } from './json-value.ts';

/** How a slot is filled; `unknown` is a scheme that the document names and does not declare, or declares unreadably. */
type SlotType = 'apiKey' | 'http' | 'oauth2' | 'openIdConnect' | 'mutualTLS' | 'unknown';

/** Where a flow of OAuth 2.0 begins and where its tokens come from, as the document says. */
interface OAuthFlow {
  readonly flow: string;
  readonly tokenUrl?: string;
  readonly authorizationUrl?: string;
}

/** One scheme that an alternative wants filled. */
export interface SecuritySlot {
  /** Its name in the document. */
  readonly scheme: string;
  readonly type: SlotType;
  /** Of `apiKey`. */
  readonly in?: 'header' | 'query' | 'cookie';
  /** Of `apiKey`: the header, parameter or cookie. */
  readonly name?: string;
  /** Of `http`, in lower case: `basic`, `bearer`, or what else stands before the value. */
  readonly httpScheme?: string;
  readonly scopes?: readonly string[];
  /** Of `oauth2`. */
  readonly flows?: readonly OAuthFlow[];
  /** Of `openIdConnect`. */
  readonly discoveryUrl?: string;
}

/**
 * How the calls of an operation may authenticate: one of the alternatives, all of its slots. An empty alternative allows
 * calls without a credential; no alternatives at all mean that the document declares nothing.
 */
export type Security = readonly (readonly SecuritySlot[])[];

interface ReadingSecurity {
  readonly document: Loose;
  readonly operation: Loose;
  /** Follows references of the document. */
  readonly references: { object(value: unknown): Loose | undefined };
}

const mostAlternatives = 32;
const mostSlots = 16;
const mostScopes = 100;
const longestText = 2_000;
/** As long as a stored slot may be called. */
const longestScheme = 200;

/** The security of an operation: its own, or that of the document. Of Swagger 2.0 and OpenAPI 3 alike; broken parts are left out. */
export function readSecurity({ document, operation, references }: ReadingSecurity): Security {
  const declared = own(operation, 'security') ?? own(document, 'security');
  // Some authors write the only alternative without the list around it.
  const alternatives = isObject(declared) ? [declared] : listOf(declared);
  const schemes = {
    ...objectOf(references.object(document['securityDefinitions'])),
    ...objectOf(references.object(objectOf(document['components'])['securitySchemes'])),
  };
  return alternatives
    .filter(isObject)
    .slice(0, mostAlternatives)
    .map((alternative) =>
      Object.entries(alternative)
        .filter(([name]) => name !== '' && name.length <= longestScheme && !name.startsWith('x-'))
        .slice(0, mostSlots)
        .map(([name, scopes]) => slotOf(name, scopes, references.object(own(schemes, name)))),
    );
}

function slotOf(scheme: string, wanted: unknown, declared: Loose | undefined): SecuritySlot {
  const scopes = listOf(wanted)
    .filter((scope) => typeof scope === 'string' && scope !== '' && scope.length <= longestText)
    .slice(0, mostScopes) as readonly string[];
  const asked = scopes.length === 0 ? {} : { scopes };
  return declared === undefined ? { scheme, type: 'unknown', ...asked } : { scheme, ...kindOf(declared), ...asked };
}

type Kind = Omit<SecuritySlot, 'scheme' | 'scopes'>;

function kindOf(declared: Loose): Kind {
  switch (bounded(declared['type'])?.toLowerCase() ?? '') {
    case 'apikey':
      return apiKey(declared);
    case 'http':
      return http(bounded(declared['scheme']));
    case 'basic':
      return http('basic');
    case 'bearer':
      return http('bearer');
    case 'oauth2':
      return { type: 'oauth2', flows: flowsOf(declared) };
    case 'openidconnect':
      return { type: 'openIdConnect', ...named('discoveryUrl', declared['openIdConnectUrl']) };
    case 'mutualtls':
      return { type: 'mutualTLS' };
    default:
      return { type: 'unknown' };
  }
}

const places = ['header', 'query', 'cookie'] as const;

function apiKey(declared: Loose): Kind {
  // How Amazon's gateways say that requests are signed.
  if (bounded(declared['x-amazon-apigateway-authtype'])?.toLowerCase() === 'awssigv4') return http('aws4-hmac-sha256');
  const place = places.find((candidate) => candidate === bounded(declared['in'])?.toLowerCase());
  return { type: 'apiKey', ...(place === undefined ? {} : { in: place }), ...named('name', declared['name']) };
}

const token = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/u;

function http(scheme: string | undefined): Kind {
  const httpScheme = scheme?.toLowerCase() ?? '';
  return token.test(httpScheme) ? { type: 'http', httpScheme } : { type: 'unknown' };
}

function flowsOf(declared: Loose): readonly OAuthFlow[] {
  // Swagger 2.0 has one flow, its addresses beside it.
  const single = bounded(declared['flow']);
  const flows = isObject(declared['flows']) ? declared['flows'] : single === undefined ? {} : { [single]: declared };
  return Object.entries(flows)
    .filter(([flow, value]) => isObject(value) && !flow.startsWith('x-') && flow.length <= longestScheme)
    .slice(0, mostSlots)
    .map(([flow, value]) => ({
      flow: swaggerNames[flow] ?? flow,
      ...named('tokenUrl', objectOf(value)['tokenUrl']),
      ...named('authorizationUrl', objectOf(value)['authorizationUrl']),
    }));
}

const swaggerNames: Readonly<Record<string, string>> = {
  accessCode: 'authorizationCode',
  application: 'clientCredentials',
};

function named<Name extends string>(name: Name, value: unknown): { readonly [K in Name]?: string } {
  const text = bounded(value);
  return (text === undefined ? {} : { [name]: text }) as { readonly [K in Name]?: string };
}

function bounded(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined || text.length > longestText ? undefined : text;
}
