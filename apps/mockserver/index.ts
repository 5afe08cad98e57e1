export { createMockserver, demoToken, type Mockserver } from './mockserver.ts';
export { githubPush, signGitHub, type GitHubPushCommit } from './webhooks/github.ts';
