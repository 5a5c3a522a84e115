// Package e2e holds the tests of the five services as they run in production: real processes, two of each, behind the real
// nginx with its production configuration, on real stores. They stop and kill servers of scripts/infra, so nothing else may run meanwhile: they have a tag of their own, e2e.
package e2e
