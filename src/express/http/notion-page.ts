/** One of the package's own pages, as `pages.render` gets it. All of it is plain text, which a template has to escape; nothing in it is secret. */
export interface NotionPage {
  /** The HTTP status, which is sent whatever is rendered. */
  readonly status: number;
  /** The option `pages.locale`, for `<html lang>`. */
  readonly locale: string;
  /** Which way that language is written, for `<html dir>`. */
  readonly dir: "ltr" | "rtl";
  /** A heading, and the title of the window. */
  readonly title: string;
  /** A sentence or two: what has become of the request, and what to do next. */
  readonly text: string;
  /** The code of the error that the page tells of. */
  readonly code: string | undefined;
  /** What the page asks for, to be sent by POST. */
  readonly form:
    | {
        readonly action: string;
        /** What the button says. */
        readonly button: string;
        /** The token of the app's CSRF middleware, where one is in front: for a hidden field `_csrf`. */
        readonly csrfToken: string | undefined;
      }
    | undefined;
  /** The ways on; `quiet` ones stand back behind what the page is for. */
  readonly links: readonly { readonly href: string; readonly text: string; readonly quiet: boolean }[];
}
