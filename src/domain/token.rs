//! Stateless tokens: who may leave, prefer or bounce, bound by a MAC to purpose, newsletter, reader and issue.
