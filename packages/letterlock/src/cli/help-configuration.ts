/** Text of `letterlock help configuration`. */
export const configurationHelp = `Configuration

Every setting has a default: no file is needed. Where a setting is given more than once, the first of these wins:

  1. a flag
  2. the environment: LETTERLOCK_ and the name in capitals, such as LETTERLOCK_DATA
  3. ./letterlock.yaml                                   (the project)
  4. $XDG_CONFIG_HOME/letterlock/letterlock.yaml         (the user; default ~/.config)
  5. DIR/letterlock/letterlock.yaml for each DIR of $XDG_CONFIG_DIRS (the system; default /etc/xdg)

--config FILE, or LETTERLOCK_CONFIG, names one file that is read instead of 3 to 5.
Secrets are never given in flags or in the environment: a setting whose name ends in -file names a file that only its
owner may read (mode 0600).

letterlock config check     says which values hold and where each comes from
docs/configuration.md       lists every setting
`
