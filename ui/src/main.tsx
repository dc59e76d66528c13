import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './widgets/tokens.css';
import './widgets/base.css';
import './widgets/overlay.css';
import './widgets/controls.css';
import './widgets/calendar.css';
import './widgets/lists.css';
import './app/shell.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App, preload } from './app/App';
import { applyTheme } from './app/prefs';
import { pageOf } from './app/root';

// What is loaded later brings styles that are not there yet, by the addresses of their links. A relative one
// would move with the page's: the start's styles came once more, and lay over those of the page.
for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel="stylesheet"]')) link.setAttribute('href', link.href);

applyTheme();
preload(pageOf(location.pathname));
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
