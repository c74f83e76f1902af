/**
 * Where to send the browser for consent. `owner=user` is always required; Notion knows no scope and no PKCE.
 * @see https://developers.notion.com/docs/authorization
 */
export function authorizationUrl(
  baseUrl: string,
  parameters: { clientId: string; redirectUri: string; state: string },
): string {
  const query = new URLSearchParams({
    client_id: parameters.clientId,
    redirect_uri: parameters.redirectUri,
    response_type: "code",
    owner: "user",
    state: parameters.state,
  });
  return `${baseUrl}/v1/oauth/authorize?${query}`;
}
