"""Lists as JSON arrays: filtered, ordered, a page at a time or streamed whole. The door is `responses.answer_list`."""
