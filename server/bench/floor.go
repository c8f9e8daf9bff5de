package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// floorCommand is the bare program.
type floorCommand struct {
	Listen   string
	Database string
}

// floor answers what the portal answers, with nothing around it: no contract, no validation, no caller, no limits, no log.
type floor struct{ pool *pgxpool.Pool }

// Run answers until standard input ends.
func (c *floorCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	config, err := pgxpool.ParseConfig(c.Database)
	if err != nil {
		return fmt.Errorf("read database URL: %w", err)
	}
	config.MaxConns = 16 // as a portal has
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	f := floor{pool}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /services/{id}", f.service)
	mux.HandleFunc("GET /services", f.list)
	mux.HandleFunc("GET /search", f.search)
	mux.HandleFunc("POST /applications/{id}/submit", f.submit)
	mux.HandleFunc("POST /payments/{id}/pay", f.pay)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1))
		cancel()
	}()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client has gone when it fails
}

type floorService struct {
	ID       string          `json:"id"`
	Owner    string          `json:"owner"`
	CopiedAt *time.Time      `json:"copiedAt"`
	Title    string          `json:"title"`
	Content  json.RawMessage `json:"content"`
	Variants []uuid.UUID     `json:"variants"`
}

// service reads what the portal reads for a service's page: its row, and the same service at other portals.
func (f floor) service(w http.ResponseWriter, r *http.Request) {
	s := floorService{ID: r.PathValue("id")}
	err := f.pool.QueryRow(r.Context(), `
		SELECT s.owner, s.copied_at, s.title->>'de', s.payload, ARRAY(
			SELECT v.id FROM catalog_services v
			WHERE v.leika_key = s.leika_key AND v.leika_key <> '' AND v.owner <> s.owner AND v.owner = ANY ($2) ORDER BY v.id)
		FROM catalog_services s WHERE s.id = $1 AND s.owner = ANY ($2)`, s.ID, []string{""}).Scan(&s.Owner, &s.CopiedAt, &s.Title, &s.Content, &s.Variants)
	answer(w, s, err)
}

type floorItem struct {
	ID       uuid.UUID `json:"id"`
	LeikaKey string    `json:"leikaKey"`
	Title    string    `json:"title"`
	Teaser   string    `json:"teaser"`
	Owner    string    `json:"owner"`
	Online   bool      `json:"online"`
	Unit     string    `json:"authorityName"`
}

type floorList struct {
	Items []floorItem `json:"items"`
}

// columns of an item, of the service s; f has its id.
const floorItems = `
	SELECT s.id, s.leika_key, s.title->>'de', s.teaser->>'de', s.owner, coalesce(c.online, false), coalesce(o.name->>'de', '')
	FROM f JOIN catalog_services s USING (id)
	LEFT JOIN LATERAL (SELECT * FROM catalog_competences WHERE service_id = s.id LIMIT 1) c ON true LEFT JOIN catalog_organisations o ON o.id = c.organisation_id`

func (f floor) list(w http.ResponseWriter, r *http.Request) {
	f.items(r.Context(), w, `WITH f AS (SELECT id, title FROM floor.categories WHERE category = $1 ORDER BY title, id LIMIT 20)`+
		floorItems+` ORDER BY f.title, f.id`, r.FormValue("category"))
}

func (f floor) search(w http.ResponseWriter, r *http.Request) {
	f.items(r.Context(), w, `WITH f AS (
			SELECT id, ts_rank(words, q) AS rank FROM floor.words, plainto_tsquery('german', $1) q WHERE words @@ q ORDER BY rank DESC, id LIMIT 20)`+
		floorItems+` ORDER BY f.rank DESC, f.id`, r.FormValue("q"))
}

func (f floor) items(ctx context.Context, w http.ResponseWriter, query string, arg string) {
	rows, err := f.pool.Query(ctx, query, arg)
	if err != nil {
		answer(w, nil, err)
		return
	}
	items, err := pgx.CollectRows(rows, pgx.RowToStructByPos[floorItem])
	answer(w, floorList{items}, err)
}
