// Command verify checks what Parley exports with Go's own packages for signed notes and
// transparency logs (golang.org/x/mod/sumdb), which share no line with ours.
//
//	verify export FOLDER KEY
//	verify consistency OLD_CHECKPOINT NEW_CHECKPOINT PROOF KEY
//	verify proof FILE.tlog-proof LEAF KEY
//
// It exits with 0 if all is as it was signed, and otherwise says why not.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const width = 256 // Entries in a full bundle: tlog-tiles have a height of 8.

// folder reads tiles from an export. Go's paths name the height too, those of tlog-tiles do not.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/8/entries/", 1)
		path = strings.Replace(path, "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// open returns the tree that a signed checkpoint speaks of.
func open(data []byte, key string) (tlog.Tree, error) {
	var tree tlog.Tree
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tree, err
	}
	signed, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tree, fmt.Errorf("no checkpoint of %s", verifier.Name())
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// export compares every entry with its hash, which the reader proves to be in the signed tree.
func export(dir, key string) error {
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := open(data, key)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, folder(dir))
	for start := int64(0); start < tree.N; start += width {
		var indexes []int64
		for at := start; at < tree.N && at < start+width; at++ {
			indexes = append(indexes, tlog.StoredHashIndex(0, at))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		tile := tlog.Tile{H: 8, L: -1, N: start / width, W: len(indexes)}
		bundle, err := folder(dir).ReadTiles([]tlog.Tile{tile})
		if err != nil {
			return err
		}
		if err := compare(bundle[0], hashes, start); err != nil {
			return err
		}
	}
	return nil
}

func compare(bundle []byte, hashes []tlog.Hash, start int64) error {
	for at, hash := range hashes {
		position := start + int64(at) + 1
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return fmt.Errorf("position %d: the bundle ends before it", position)
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		if tlog.RecordHash(bundle[2:end]) != hash {
			return fmt.Errorf("position %d: not the entry that was signed", position)
		}
		bundle = bundle[end:]
	}
	if len(bundle) > 0 {
		return fmt.Errorf("bytes after position %d", start+int64(len(hashes)))
	}
	return nil
}

func consistency(older, newer, proof []byte, key string) error {
	before, err := open(older, key)
	if err != nil {
		return err
	}
	after, err := open(newer, key)
	if err != nil {
		return err
	}
	steps, err := hashesOf(strings.Fields(string(proof)))
	if err != nil {
		return err
	}
	return tlog.CheckTree(steps, after.N, after.Hash, before.N, before.Hash)
}

func inclusion(file, leaf []byte, key string) error {
	head, checkpoint, found := strings.Cut(string(file), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return fmt.Errorf("no tlog-proof")
	}
	tree, err := open([]byte(checkpoint), key)
	if err != nil {
		return err
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	steps, err := hashesOf(lines[2:])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(steps, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

func hashesOf(lines []string) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func main() {
	arguments := append(os.Args[1:], "", "")
	last := len(os.Args) - 1
	var files [][]byte
	if arguments[0] == "consistency" || arguments[0] == "proof" {
		for _, path := range os.Args[2:last] {
			data, err := os.ReadFile(path)
			if err != nil {
				fail(err)
			}
			files = append(files, data)
		}
	}
	err := fmt.Errorf("export, consistency or proof, with their files and a key")
	switch {
	case arguments[0] == "export" && last == 3:
		err = export(os.Args[2], os.Args[3])
	case arguments[0] == "consistency" && len(files) == 3:
		err = consistency(files[0], files[1], files[2], os.Args[last])
	case arguments[0] == "proof" && len(files) == 2:
		err = inclusion(files[0], files[1], os.Args[last])
	}
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
