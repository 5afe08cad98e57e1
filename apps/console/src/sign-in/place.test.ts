import { describe, expect, it } from 'vitest';
import { readPlace } from './place.ts';

function at(address: string) {
  return readPlace(new URL(address, 'https://mesh.example'));
}

describe('where somebody arrives', () => {
  it.each([
    ['/invitation#dm_invite_x', { kind: 'invited', token: 'dm_invite_x' }],
    ['/sign-in?code=c&state=s&iss=i', { kind: 'returning', query: 'code=c&state=s&iss=i' }],
    ['/sign-in?error=access_denied&state=s', { kind: 'returning', query: 'error=access_denied&state=s' }],
    ['/sign-in', { kind: 'console' }],
    ['/invitation', { kind: 'console' }],
    ['/?state=s', { kind: 'console' }],
    ['/#tasks', { kind: 'console' }],
  ])('%s', (address, place) => {
    expect(at(address)).toEqual(place);
  });
});
