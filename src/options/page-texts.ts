/**
 * What the package's own pages say, in English. A name is that of a page and of its part; the page of an error is named after the error's code, and the codes
 * that have no page of their own are shown as a fault of Notion or of the app.
 */
export const englishTexts = Object.freeze({
  "logout.title": "Log out?",
  "logout.text": "This ends your session here and takes back this app's access to Notion.",
  // Where a logout revokes nothing.
  "logout.text_connected": "This ends your session here. This app stays connected to Notion.",
  "logout.button": "Log out",
  "logout.stay": "Stay logged in",

  "not_logged_in.title": "You are not logged in",
  "not_logged_in.text": "There is no session here that could be ended.",
  "not_logged_in.button": "Log out anyway",

  "link.connect": "Connect to Notion",
  "link.retry": "Try again",
  "link.home": "Go to the start page",

  "access_denied.title": "Notion was not connected",
  "access_denied.text":
    "Notion was told not to let this app in, so nothing was shared. You can still connect it whenever you like.",
  "authorization_failed.title": "Notion was not connected",
  "authorization_failed.text":
    "Notion broke off the authorization, and nothing was shared. Start again; if that does not help, tell whoever runs this app.",
  "invalid_state.title": "Please start again",
  "invalid_state.text":
    "This link belongs to a login that was not started in this browser, was already finished, or has expired. Nothing was connected: start again from here.",
  // Added on a developer's machine only.
  "invalid_state.hosts":
    "It was started at {startedAt}, but its redirect URI leads to {redirectUri}, where the browser has another set of cookies: open the app at {redirectUri}.",
  "invalid_callback.title": "Please start again",
  "invalid_callback.text":
    "The link that came back from Notion is incomplete or was changed on its way, so nothing was connected. Start again from here.",
  "invalid_grant.title": "Please start again",
  "invalid_grant.text":
    "Notion does not accept this login any more, perhaps because it took too long. Nothing was connected: start again from here.",
  "login_required.title": "Please log in first",
  "login_required.text":
    "This app connects Notion to your account, and you are not logged in. Log in to this app, and connect it then.",
  "user_changed.title": "Please start again",
  "user_changed.text":
    "Somebody else has logged in to this app since this login was started, so nothing was connected. Start again as who you are now.",
  "logged_out.title": "Please start again",
  "logged_out.text":
    "You were logged out while Notion was being connected, so the connection was taken back. Start again if you still want it.",
  "not_connected.title": "Not connected to Notion",
  "not_connected.text":
    "What you asked for needs a connection to Notion, and there is none here. Connect this app to go on.",
  "reconnect_required.title": "Please connect again",
  "reconnect_required.text":
    "The connection to Notion has ended: it was removed there, or it has expired. Connect this app again to go on.",

  "cross_site_request.title": "That did not come from this site",
  "cross_site_request.text":
    "Another site sent this request, so it was refused, and nothing was changed. If you meant to do this, do it on this app's own pages.",
  "method_not_allowed.title": "There is no page here",
  "method_not_allowed.text":
    "This address takes only what this app's own pages send to it, and nothing was changed. Go on from the start page.",
  "invalid_request.title": "That could not be read",
  "invalid_request.text":
    "What was sent here is incomplete, and nothing was changed. Go back and try again; if that does not help, tell whoever runs this app.",

  "notion_fault.title": "Notion has a problem",
  "notion_fault.text": "This is not your fault: Notion did not answer as it should. Please try again in a moment.",
  "app_fault.title": "Something went wrong",
  "app_fault.text": "This is not your fault: something did not work on our side. Please try again in a moment.",
});

/** The texts of the package's own pages, by name: `docs/pages.md` has all of them, in English. */
export type PageTexts = { readonly [Name in keyof typeof englishTexts]: string };

/** The pages: what stands before `.title`. */
export type PageName = keyof PageTexts extends infer Name ? (Name extends `${infer Page}.title` ? Page : never) : never;
