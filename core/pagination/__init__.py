"""Lists as JSON arrays: filtered, ordered, paginated or streamed whole. Entry point: `responses.list_response`."""
