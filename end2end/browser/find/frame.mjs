// Places in the frame around every page.

/** How the cluster is heard: `connected`, `connecting`, `disconnected`. */
export const connection = (page, word) => page.locator('.cluster-now .state').filter({ hasText: new RegExp(`(^|[^a-z])${word}`) });
export const serverGone = (page) => page.getByText('Portcullis does not answer');
