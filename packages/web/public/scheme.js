// Sets the colour scheme before anything is drawn, so that no theme flashes. It is a file of its own because the
// Content-Security-Policy allows no script inside the page.
;(() => {
  let wanted = 'auto'
  try {
    wanted = localStorage.getItem('letterlock-scheme') || 'auto'
  } catch {
    // Storage may be forbidden: the scheme of the system is used.
  }
  const isDark = wanted === 'dark' || (wanted !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
})()
