import type { ReactNode } from 'react'

/** Every mark of the app, drawn once; shapes carry the meaning, colour only repeats it. */
const drawings = {
  caret: [12, <path key="p" d="m3 4.6 3 3 3-3" fill="none" stroke="currentColor" strokeWidth="1.3" />],
  twist: [12, <path key="p" d="m4.3 2.8 3.2 3.2-3.2 3.2" fill="none" stroke="currentColor" strokeWidth="1.5" />],
  copy: [
    14,
    <path key="p" d="M5 4.500h6.500V12H5zM2.5 9.500v-7H9" fill="none" stroke="currentColor" strokeWidth="1.2" />,
  ],
  search: [
    14,
    <g key="p" fill="none" stroke="currentColor" strokeWidth="1.3">
      <circle cx="6" cy="6" r="3.8" />
      <path d="m9 9 3.3 3.3" />
    </g>,
  ],
  scheme: [
    14,
    <g key="p">
      <circle cx="7" cy="7" r="5" fill="none" stroke="currentColor" strokeWidth="1.3" />
      <path d="M7 2a5 5 0 0 1 0 10z" fill="currentColor" />
    </g>,
  ],
  observed: [12, <circle key="p" cx="6" cy="6" r="3.2" fill="currentColor" />],
  reported: [
    12,
    <g key="p">
      <circle cx="6" cy="6" r="3.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <circle cx="6" cy="6" r="1.3" fill="currentColor" />
    </g>,
  ],
  derived: [
    12,
    <g key="p" fill="currentColor">
      <circle cx="6" cy="3.2" r="1.4" />
      <circle cx="2.8" cy="8.6" r="1.4" />
      <circle cx="9.2" cy="8.6" r="1.4" />
    </g>,
  ],
  inferred: [
    12,
    <path
      key="p"
      d="M1.5 4.800c1.5-1.8 3-1.8 4.5-.4s3 1.4 4.5-.4M1.5 8.600c1.5-1.8 3-1.8 4.5-.4s3 1.4 4.5-.4"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
    />,
  ],
  unknown: [
    12,
    <circle key="p" cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.3" strokeDasharray="2 1.6" />,
  ],
  'verdict-pass': [
    16,
    <g key="p" fill="none" stroke="currentColor">
      <circle cx="8" cy="8" r="6.25" strokeWidth="1.5" />
      <path d="m5.2 8.2 2 2 3.7-4.2" strokeWidth="1.6" />
    </g>,
  ],
  'verdict-fail': [
    16,
    <g key="p">
      <path d="M8 .9 15.1 8 8 15.1.9 8z" fill="currentColor" />
      <path d="m6 6 4 4m0-4-4 4" stroke="var(--ll-surface)" strokeWidth="1.6" />
    </g>,
  ],
  'verdict-unknown': [
    16,
    <g key="p" fill="none" stroke="currentColor">
      <circle cx="8" cy="8" r="6.25" strokeWidth="1.5" strokeDasharray="2.6 1.9" />
      <path d="M6.2 6.500c0-2.3 3.6-2.2 3.6-.1 0 1.5-1.8 1.3-1.8 2.800m0 1.300v1.2" strokeWidth="1.3" />
    </g>,
  ],
  'verdict-untested': [
    16,
    <circle
      key="p"
      cx="8"
      cy="8"
      r="6.25"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeDasharray="2.6 1.9"
    />,
  ],
  'verdict-na': [16, <path key="p" d="M4 8h8" stroke="currentColor" strokeWidth="1.6" />],
  high: [
    16,
    <g key="p">
      <path d="M8 .9 15.1 8 8 15.1.9 8z" fill="currentColor" />
      <path d="M8 4.600v4m0 1.300v1.5" stroke="var(--ll-surface)" strokeWidth="1.6" />
    </g>,
  ],
  medium: [
    16,
    <g key="p" fill="none" stroke="currentColor" strokeWidth="1.5">
      <path d="M8 1.8 15 14H1z" strokeLinejoin="round" />
      <path d="M8 6v4m0 1.400v1.2" />
    </g>,
  ],
  decide: [
    16,
    <g key="p" fill="none" stroke="currentColor">
      <circle cx="8" cy="8" r="6.25" strokeWidth="1.5" />
      <path d="M6.2 6.500c0-2.3 3.6-2.2 3.6-.1 0 1.5-1.8 1.3-1.8 2.800m0 1.300v1.2" strokeWidth="1.3" />
    </g>,
  ],
  hint: [
    16,
    <g key="p" fill="none" stroke="currentColor" strokeWidth="1.5">
      <circle cx="8" cy="8" r="6.25" />
      <path d="M8 7.200v4m0-6.200v-1" />
    </g>,
  ],
} as const satisfies Readonly<Record<string, readonly [number, ReactNode]>>

export type IconName = keyof typeof drawings

/** A decorative mark; the words beside it, or a hidden text, carry its meaning for those who do not see it. */
export function Icon({ name, size }: { readonly name: IconName; readonly size?: number }) {
  const [box, drawing] = drawings[name]
  return (
    <svg
      className="icon"
      viewBox={`0 0 ${box} ${box}`}
      aria-hidden="true"
      {...(size !== undefined && { style: { width: size, height: size } })}
    >
      {drawing}
    </svg>
  )
}
