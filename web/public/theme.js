// Before the first paint, so that a dark room is not lit up; the rest of the theme lives in features/shell/theme.ts.
{
  const kept = localStorage.getItem('ddesk.theme')
  const dark = kept === 'dark' || (kept !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.classList.add(dark ? 'dark' : 'light')
}
