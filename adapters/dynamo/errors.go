package dynamo

import (
	"errors"
	"fmt"

	"github.com/aws/smithy-go"

	"chatsystem/domain"
)

// translate says which step failed. What DynamoDB finds wrong with the request itself is a bug; whatever else keeps it
// from answering, a missing table and expired credentials included, matches domain.ErrUnavailable: an operator can
// mend it, and the same request may be repeated then.
func translate(step string, err error) error {
	var refused smithy.APIError
	if errors.As(err, &refused) && refused.ErrorCode() == "ValidationException" {
		return fmt.Errorf("dynamo: %s: %w", step, err)
	}
	return fmt.Errorf("dynamo: %s: %w: %w", step, domain.ErrUnavailable, err)
}
