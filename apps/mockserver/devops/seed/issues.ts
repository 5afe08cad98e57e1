import type { Issue } from '../schemas.ts';
import type { Ago } from './ago.ts';

type IssueSeed = Pick<Issue, 'id' | 'title'> &
  Partial<Issue> & { readonly minutesAgo: number; readonly closedMinutesAgo?: number };

/** Open issues of several services, and a closed duplicate. */
export function issues(ago: Ago): Issue[] {
  return seeds.map(({ id, title, minutesAgo, closedMinutesAgo, ...facts }) => ({
    id,
    title,
    description: null,
    state: 'open',
    closeReason: null,
    duplicateOf: null,
    priority: 'medium',
    labels: [],
    assignee: null,
    serviceId: null,
    commentCount: 0,
    createdAt: ago(minutesAgo),
    updatedAt: ago(closedMinutesAgo ?? minutesAgo),
    closedAt: closedMinutesAgo === undefined ? null : ago(closedMinutesAgo),
    ...facts,
  }));
}

const seeds: readonly IssueSeed[] = [
  {
    id: 'ISS-1001',
    title: 'Cart total is wrong when two vouchers are combined',
    description: 'The second voucher is taken off the full price instead of the reduced one.',
    priority: 'high',
    labels: ['bug', 'pricing'],
    assignee: 'amara',
    serviceId: 'checkout',
    commentCount: 2,
    minutesAgo: 9_000,
  },
  {
    id: 'ISS-1002',
    title: 'Retry card authorisation once after a gateway timeout',
    priority: 'urgent',
    labels: ['reliability'],
    assignee: 'jonas',
    serviceId: 'payments',
    minutesAgo: 7_200,
  },
  {
    id: 'ISS-1003',
    title: 'Search ignores umlauts',
    description: 'A search for "muesli" should find "Müsli".',
    labels: ['bug', 'i18n'],
    serviceId: 'search',
    commentCount: 1,
    minutesAgo: 5_800,
  },
  {
    id: 'ISS-1004',
    title: 'Voucher is deducted twice',
    state: 'closed',
    closeReason: 'duplicate',
    duplicateOf: 'ISS-1001',
    labels: ['bug', 'pricing'],
    serviceId: 'checkout',
    minutesAgo: 5_000,
    closedMinutesAgo: 4_900,
  },
  {
    id: 'ISS-1005',
    title: 'Write a runbook for the mail queue',
    priority: 'low',
    labels: ['documentation'],
    serviceId: 'notifications',
    minutesAgo: 2_600,
  },
  {
    id: 'ISS-1006',
    title: 'Checkout latency doubled since 2.14.0',
    description: 'The 95th percentile went from 240 ms to 510 ms. See INC-302.',
    priority: 'urgent',
    labels: ['bug', 'performance'],
    assignee: 'amara',
    serviceId: 'checkout',
    minutesAgo: 50,
  },
];
