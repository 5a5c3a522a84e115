package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usage is what the watched processes have used so far.
type usage struct {
	cpu time.Duration // of them, their children, and children that ended
	rss int64         // bytes of the first one in memory
}

// clockTick is the unit of processor times in /proc on every Linux.
const clockTick = 10 * time.Millisecond

// usage reads what the watched processes have used. Without any it is zero.
func (b *Bench) usage() (usage, error) {
	var u usage
	if len(b.cfg.Watch) == 0 {
		return u, nil
	}
	processes, err := readProcesses()
	if err != nil {
		return u, err
	}
	for i, pid := range b.cfg.Watch {
		p, there := processes[pid]
		if !there {
			return u, fmt.Errorf("process %d is not there", pid)
		}
		if i == 0 {
			u.rss = p.rss
		}
	}
	for pid, p := range processes {
		for at := pid; at > 1; at = processes[at].parent {
			if b.watches(at) {
				u.cpu += p.cpu
				break
			}
		}
	}
	return u, nil
}

func (b *Bench) watches(pid int) bool {
	for _, w := range b.cfg.Watch {
		if w == pid {
			return true
		}
	}
	return false
}

// process is one line of the table of processes.
type process struct {
	parent int
	cpu    time.Duration // its own and that of its children which ended
	rss    int64
}

// readProcesses returns the processes of this machine by id.
func readProcesses() (map[int]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(files) == 0 {
		return nil, errors.Join(err, errors.New("processes can be watched on Linux only"))
	}
	all := make(map[int]process, len(files))
	for _, f := range files {
		line, err := os.ReadFile(f)
		if err != nil { // it has ended
			continue
		}
		if pid, p, ok := parseStat(line); ok {
			all[pid] = p
		}
	}
	return all, nil
}

// The places of what is read in a line of /proc/PID/stat, behind the name in parentheses, which may hold anything.
const (
	statParent  = 1
	statCPU     = 11 // user and system, then the same of children
	statCPUEnd  = statCPU + 4
	statRSS     = 21
	statColumns = statRSS + 1
)

func parseStat(line []byte) (pid int, p process, ok bool) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 1 || end < open {
		return 0, p, false
	}
	columns := bytes.Fields(line[end+1:])
	if len(columns) < statColumns {
		return 0, p, false
	}
	pid, err := strconv.Atoi(string(line[:open-1]))
	if err != nil {
		return 0, p, false
	}
	p.parent, _ = strconv.Atoi(string(columns[statParent]))
	for _, c := range columns[statCPU:statCPUEnd] {
		ticks, _ := strconv.ParseInt(string(c), 10, 64)
		p.cpu += time.Duration(ticks) * clockTick
	}
	pages, _ := strconv.ParseInt(string(columns[statRSS]), 10, 64)
	p.rss = pages * int64(os.Getpagesize())
	return pid, p, true
}

// spent adds to a result what was used since before, if anything is watched.
func (r *Result) spent(what string, before, after usage) {
	if after != (usage{}) {
		r.figure("CPU seconds "+what, (after.cpu - before.cpu).Seconds())
	}
}
