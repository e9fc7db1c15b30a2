"""ONE call over the wire: encoding, sending, reading the reply. Retries and limits live above."""
