interface LogoProps {
  /** With the name beside the sign. */
  variant: 'full' | 'icon';
}

/** The sign of migrate-hub: a database with a tick. */
export const Logo = ({ variant }: LogoProps) => (
  <svg
    height={30}
    viewBox={variant === 'full' ? '0 0 168 32' : '0 0 32 32'}
    role="img"
    aria-label="migrate-hub"
  >
    <g
      fill="none"
      stroke="#ffffff"
      strokeWidth="2.2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <ellipse cx="16" cy="9" rx="9" ry="3.6" />
      <path d="M7 9v14c0 2 4 3.6 9 3.6s9-1.6 9-3.6V9" />
      <path d="M11.5 18.5l3.2 3 6-6.5" stroke="#5fd0a3" strokeWidth="2.8" />
    </g>
    {variant === 'full' && (
      <text
        x="38"
        y="22"
        fill="#ffffff"
        fontFamily="Helvetica Neue, Helvetica, Arial, sans-serif"
        fontSize="19"
        fontWeight="600"
        // Whatever the font, all of it is seen.
        textLength="126"
        lengthAdjust="spacingAndGlyphs"
      >
        migrate-hub
      </text>
    )}
  </svg>
);
