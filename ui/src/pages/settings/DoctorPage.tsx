import { useBook, useNow } from '../../app/doctor/book';
import { Doctor } from '../../app/doctor/Doctor';
import { Watching } from '../../app/doctor/Watching';

/** Settings › Ingest doctor: what comes in, and what was refused and why. */
export default function DoctorPage(): React.ReactElement {
  const { book, connected } = useBook();
  const now = useNow();
  return (
    <div className="page doctor-page">
      <h1>
        <span className="muted">Settings ›</span> Ingest doctor
      </h1>
      <Watching book={book} connected={connected} now={now} test="trace" />
      <Doctor book={book} now={now} />
    </div>
  );
}
