"""What an audit leaves: observations, specs, findings, signatures and proofs, as a folder or one tar."""
