import { platformTools } from '@devmesh/api';
import { describe, expect, it } from 'vitest';
import { byEitherName, readNameStyle, spell, styleOf } from './names.ts';
import { findPlatformTool } from './platform-tools.ts';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('names of tools', () => {
  it('are spelled as the endpoint wants them, and known in both spellings [edge.names]', () => {
    expect([styleOf('websocket', undefined), styleOf('http', undefined)]).toEqual(['dotted', 'underscored']);
    expect(styleOf('websocket', readNameStyle(query('names=underscored')))).toBe('underscored');
    expect(styleOf('http', readNameStyle(query('names=dotted')))).toBe('dotted');
    for (const tool of platformTools) {
      expect(findPlatformTool(tool.name)).toBe(tool);
      expect(findPlatformTool(spell(tool.name, 'underscored'))).toBe(tool);
    }
  });

  it('of the platform all begin with devmesh, which no service, and no renamed tool, may', () => {
    for (const { name } of platformTools) expect(name).toMatch(/^devmesh\.[a-z]/u);
  });

  it('are refused where two would be one in either spelling [edge.names]', () => {
    const called = (...names: string[]) => names.map((name) => ({ name }));
    expect(() => byEitherName(called('devmesh.task.list', 'devmesh.task_list'))).toThrow(/devmesh_task_list/u);
    expect(() => byEitherName(called('devmesh.task.list', 'devmesh_task_list'))).toThrow(/devmesh_task_list/u);
    expect(byEitherName(called('devmesh.task.list', 'plain')).size).toBe(3);
  });

  it('are not spelled in a way that there is not', () => {
    expect(() => readNameStyle(query('names=camel'))).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
