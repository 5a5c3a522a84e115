package journal

import (
	"errors"
	"os"
	"syscall"
)

// errSharingViolation is what opening a file answers that another handle does not share.
const errSharingViolation = syscall.Errno(32)

// Lock opens a file, which it makes if absent, so that nobody else can until it is closed or the process ends; ErrInUse
// at once if somebody else has it.
func Lock(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const sharedWithNobody = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, sharedWithNobody, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharingViolation) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}

// syncDir has nothing to do: folders cannot be synced here.
func syncDir(string) error { return nil }
