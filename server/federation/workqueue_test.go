package federation

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWorkQueue_AddedWhileWorkedOn_WorkedOnOnceMore(t *testing.T) {
	t.Parallel()
	q := newWorkQueue()
	began, goOn := make(chan string), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.run(ctx, 3, func(_ context.Context, name string) { began <- name; <-goOn })
	}()
	q.add("a")
	require.Equal(t, "a", <-began)
	for range 10 {
		q.add("a")
	}
	q.add("b")
	require.Equal(t, "b", <-began, "others do not wait for a")
	select {
	case name := <-began:
		t.Fatalf("%s is worked on twice at the same time", name)
	case <-time.After(20 * time.Millisecond):
	}
	goOn <- struct{}{}
	goOn <- struct{}{}
	require.Equal(t, "a", <-began)
	goOn <- struct{}{}
	select {
	case name := <-began:
		t.Fatalf("%s once too often", name)
	case <-time.After(20 * time.Millisecond):
	}
	cancel()
	<-done
}
