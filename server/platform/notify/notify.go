// Package notify tells all processes of a portal that something has changed: small messages by topic over PostgreSQL's
// LISTEN and NOTIFY, sent when the transaction commits.
//
// Messages are hints, not data: whoever gets one reads the database. They can get lost (a broken connection, a
// subscriber that is too slow); then the subscriber gets Lost instead, and reads everything again.
package notify

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"portalverbund/db"
)

// Lost is what a subscriber receives when messages may have got lost: read everything again.
const Lost = "\x00lost"

const (
	channel       = "portal_events"
	maxLength     = 7900 // of topic and payload in bytes; PostgreSQL takes less than 8000
	buffer        = 64   // messages that a subscriber may be behind
	pingAfter     = 30 * time.Second
	pingTimeout   = 5 * time.Second
	firstBackoff  = 50 * time.Millisecond
	longestPause  = 10 * time.Second
	topicEnd      = "\n"
	connectPeriod = 10 * time.Second
)

// Hub sends messages, and receives those of all processes on one connection for its own subscribers.
type Hub struct {
	db  *db.DB
	log *slog.Logger

	mu          sync.Mutex
	subscribers map[string]map[chan string]struct{} // by topic
}

// New makes a hub that can publish and subscribe; messages arrive once it runs.
func New(database *db.DB, log *slog.Logger) *Hub {
	return &Hub{db: database, log: log, subscribers: map[string]map[chan string]struct{}{}}
}

// Publish sends a message to the subscribers of the topic in all processes, this one included, when the transaction
// that ctx carries commits; at once without one. Equal messages of one transaction arrive once. Topic and payload
// together must not be longer than 7900 bytes, so send a key, not the thing; neither may carry personal data.
func (h *Hub) Publish(ctx context.Context, topic, payload string) error {
	if err := check(topic, payload); err != nil {
		return err
	}
	return h.db.Later(ctx, "publish on "+topic, "SELECT pg_notify($1, $2)", channel, topic+topicEnd+payload)
}

// Hint sends a message like Publish, but cheaply, for what changes often: some milliseconds after the commit, which does not
// wait for it. It gets lost when the process is killed in between; so subscribers look again by themselves now and then.
func (h *Hub) Hint(ctx context.Context, topic, payload string) error {
	if err := check(topic, payload); err != nil {
		return err
	}
	h.db.Hint(ctx, channel, topic+topicEnd+payload)
	return nil
}

func check(topic, payload string) error {
	if topic == "" || strings.Contains(topic, topicEnd) || len(topic)+len(payload) > maxLength {
		return fmt.Errorf("publish on %.40q: topic is empty or has a line break, or the message of %d bytes is too long", topic, len(payload))
	}
	return nil
}

// Subscribe gives the messages of a topic from now on. Subscribe first, then read the state that the messages are about.
// The channel is closed by cancel, which may be called more than once.
func (h *Hub) Subscribe(topic string) (messages <-chan string, cancel func()) {
	subscriber := make(chan string, buffer)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subscribers[topic] == nil {
		h.subscribers[topic] = map[chan string]struct{}{}
	}
	h.subscribers[topic][subscriber] = struct{}{}
	return subscriber, func() { h.unsubscribe(topic, subscriber) }
}

func (h *Hub) unsubscribe(topic string, subscriber chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.subscribers[topic][subscriber]; !ok {
		return
	}
	delete(h.subscribers[topic], subscriber)
	if len(h.subscribers[topic]) == 0 {
		delete(h.subscribers, topic)
	}
	close(subscriber)
}

// Start connects and begins to receive, until ctx ends. A connection that breaks is made anew; subscribers then get
// Lost.
func (h *Hub) Start(ctx context.Context) error {
	conn, err := h.listen(ctx)
	if err != nil {
		return fmt.Errorf("start notifications: %w", err)
	}
	go h.run(ctx, conn)
	return nil
}

func (h *Hub) listen(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectPeriod)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, h.db.Pool().Config().ConnConfig)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

func (h *Hub) run(ctx context.Context, conn *pgx.Conn) {
	for {
		err := h.receive(ctx, conn)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		_ = conn.Close(closing)
		cancel()
		if ctx.Err() != nil {
			return
		}
		h.log.WarnContext(ctx, "notifications: the connection broke, making it anew", "error", err)
		if conn = h.reconnect(ctx); conn == nil {
			return
		}
		h.lose()
	}
}

// receive delivers messages until the connection breaks. A quiet connection is asked whether it is still there.
func (h *Hub) receive(ctx context.Context, conn *pgx.Conn) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, pingAfter)
		message, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			h.deliver(message)
		case ctx.Err() != nil:
			return ctx.Err()
		case !pgconn.Timeout(err):
			return err
		default:
			asking, cancel := context.WithTimeout(ctx, pingTimeout)
			err := conn.Ping(asking)
			cancel()
			if err != nil {
				return err
			}
		}
	}
}

// reconnect tries until it succeeds; nil when ctx ends.
func (h *Hub) reconnect(ctx context.Context) *pgx.Conn {
	for pause := firstBackoff; ; pause = min(2*pause, longestPause) {
		conn, err := h.listen(ctx)
		if err == nil {
			return conn
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause + rand.N(pause)): //nolint:gosec // only spreads repeats
		}
	}
}

func (h *Hub) deliver(message *pgconn.Notification) {
	topic, payload, _ := strings.Cut(message.Payload, topicEnd)
	h.mu.Lock()
	defer h.mu.Unlock()
	for subscriber := range h.subscribers[topic] {
		select {
		case subscriber <- payload:
		default:
			drop(subscriber)
		}
	}
}

func (h *Hub) lose() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.subscribers {
		for subscriber := range subscribers {
			drop(subscriber)
		}
	}
}

// drop puts Lost in place of all that a subscriber has not read yet: it will read everything anyway. Only the hub sends,
// and it holds its lock, so there is room.
func drop(subscriber chan string) {
	for {
		select {
		case <-subscriber:
		default:
			subscriber <- Lost
			return
		}
	}
}
