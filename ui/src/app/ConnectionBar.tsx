import { useConnection } from '../api/connection';

/** Says that the server can't be reached, for as long as that is so. The page stays as it was. */
export function ConnectionBar(): React.ReactElement | null {
  const { lost } = useConnection();
  if (!lost) return null;
  return (
    <p className="lost" role="alert">
      The server can’t be reached. What is shown is from before; it goes on by itself when the server is back.
    </p>
  );
}
