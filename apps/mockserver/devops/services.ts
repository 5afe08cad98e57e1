import { operation } from './operation.ts';
import { found } from './lookup.ts';
import { byName, pageQuery, paginate } from './page.ts';
import { service, serviceId, servicePage, tier } from './schemas.ts';

const listServices = operation({
  operationId: 'listServices',
  method: 'get',
  path: '/services',
  tag: 'services',
  summary: 'List services',
  description: 'Lists the services by identifier, with who owns them and what runs where.',
  queryParameters: {
    tier: tier.exactOptional().describe('Only services of this tier.'),
    team: service.shape.team.exactOptional().describe('Only services of this team.'),
    ...pageQuery,
  },
  answer: servicePage,
  act: ({ query }, { state }) => {
    const matching = [...state.services.values()].filter(
      (item) =>
        (query.tier === undefined || item.tier === query.tier) &&
        (query.team === undefined || item.team === query.team),
    );
    return paginate(matching, query, byName);
  },
});

const getService = operation({
  operationId: 'getService',
  method: 'get',
  path: '/services/{serviceId}',
  tag: 'services',
  summary: 'Get a service',
  description: 'Reads one service: its team, who is on call, and the live deployment of each environment.',
  pathParameters: { serviceId },
  answer: service,
  act: ({ path }, { state }) => found(state.services, path.serviceId),
});

/** The operations on services. */
export const serviceOperations = [listServices, getService];
