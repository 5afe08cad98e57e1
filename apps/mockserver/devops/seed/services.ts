import type { Service } from '../schemas.ts';

type ServiceSeed = Pick<Service, 'id' | 'name' | 'team' | 'tier' | 'onCall'> & { readonly live?: Service['live'] };

function service({ live = { staging: null, production: null }, ...facts }: ServiceSeed): Service {
  return { ...facts, live, repository: { fullName: `acme/${facts.id}`, defaultBranch: 'main' } };
}

/** The services of Acme. */
export const services: readonly Service[] = [
  service({
    id: 'checkout',
    name: 'Checkout',
    team: 'storefront',
    tier: 'critical',
    onCall: 'amara',
    live: { staging: 'DEP-2004', production: 'DEP-2003' },
  }),
  service({
    id: 'payments',
    name: 'Payments',
    team: 'money',
    tier: 'critical',
    onCall: 'jonas',
    live: { staging: null, production: 'DEP-2002' },
  }),
  service({ id: 'search', name: 'Product search', team: 'discovery', tier: 'standard', onCall: 'mei' }),
  service({ id: 'notifications', name: 'Notifications', team: 'platform', tier: 'standard', onCall: null }),
  service({ id: 'backoffice', name: 'Back office', team: 'platform', tier: 'internal', onCall: null }),
];
