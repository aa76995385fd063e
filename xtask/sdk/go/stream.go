package terrace

import (
	"context"
	"io"
	"time"
)

// silence is how long a stream may be quiet: the API sends a comment every 15 seconds.
const silence = 45 * time.Second

// watched ends a stream that is silent for too long.
type watched struct {
	io.ReadCloser
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

func (w *watched) Read(part []byte) (int, error) {
	w.timer.Reset(silence)
	return w.ReadCloser.Read(part)
}

func (w *watched) Close() error {
	w.timer.Stop()
	w.cancel(nil)
	return w.ReadCloser.Close()
}
