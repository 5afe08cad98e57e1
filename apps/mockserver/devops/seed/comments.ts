import type { Comment } from '../schemas.ts';
import type { Ago } from './ago.ts';

/** The discussion of some seeded issues. */
export function comments(ago: Ago): Comment[] {
  return [
    {
      id: 'CMT-5001',
      issueId: 'ISS-1001',
      author: 'mei',
      text: 'I can repeat it with any two percentage vouchers.',
      createdAt: ago(8_900),
    },
    {
      id: 'CMT-5002',
      issueId: 'ISS-1001',
      author: 'amara',
      text: 'The discounts are folded in the wrong order. A fix is under way.',
      createdAt: ago(8_700),
    },
    {
      id: 'CMT-5003',
      issueId: 'ISS-1003',
      author: 'mei',
      text: 'The analyzer lacks accent folding.',
      createdAt: ago(5_700),
    },
  ];
}
