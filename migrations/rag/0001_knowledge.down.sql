drop table mcp.code_embeddings;
drop table mcp.repository_files;
drop table mcp.github_repositories;
