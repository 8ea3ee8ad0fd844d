"""The fault matrix: each row of "what must be survived", and the test that holds the portal to it.

Unless a row says otherwise the test ends with `outcome.assert_done_once`: exactly one connection and one
binding at Google, the expected number of writes that took effect, everybody else's bindings (conditional
ones too) as they were, one outcome in an audit trail that verifies, the password destroyed.

| row | fault | test |
|---|---|---|
| 1 | worker killed before the claim | test_worker_killed: test_kill_9_before_the_claim |
| 2-6 | after the claim, the intent, the read, the write; after the answer | test_worker_killed: test_kill_9 |
| 7 | after the commit | test_worker_killed: test_kill_9_after_the_commit |
| 1-7 | with lease and sweep as in production | test_clocks: test_worker_and_schedule_killed_at_once... |
| 8 | web killed before the commit | test_web_killed: test_killed_before_the_commit_nothing_happened |
| 9 | web killed between commit and publishing | test_web_killed: ..._the_sweep_runs_it |
| 10 | beat killed | test_expiry; test_clocks: test_the_message_is_lost_while_the_schedule_is_down |
| 11 | the same message five times | test_two_workers: test_the_same_message_five_times_at_once... |
| 12 | two workers, an expired lease | test_two_workers: test_a_worker_that_slept_through_its_lease... |
| 13 | SIGTERM (and SIGQUIT) in a call | test_two_workers: test_sigterm..., test_sigquit... |
| 14-16 | Redis killed, emptied, away | test_redis |
| 17-18 | PostgreSQL killed in a transaction, away | test_postgresql (only with --database=postgresql) |
| 19 | disk full, audit insert fails | test_audit_refuses |
| 20 | 429 five times | test_google_fails: test_429_... |
| 21-22 | 500, 503, not applied | test_google_fails: test_an_error_before_the_work_was_done_is_retried |
| 23-24 | 500, 503 after applying | test_google_fails: test_what_was_done_although... |
| 25 | time-out after applying | test_google_fails: test_a_time_out_after_the_work_was_done_is_seen |
| 26 | reset in the middle of the body | test_google_fails: test_what_was_done_although... |
| 27 | 409 nine times | test_google_fails: test_409_nine_times_repeats_the_whole_cycle |
| 28 | 409, 412 by our own earlier write | test_google_fails: test_a_conflict_with_our_own_earlier_write... |
| 29 | an outsider between read and write | test_google_fails: test_an_outsiders_edit... |
| 30 | conditional bindings | test_google_fails: test_conditional_bindings_of_the_very_role_survive |
| 31 | ALREADY_EXISTS: ours, not ours | test_claims_and_refusals: test_already_exists_... |
| 32 | delete answers 404 | tests/connections/life/test_delete: test_gone_already_is_success |
| 33 | 403 half way | test_claims_and_refusals: test_403_half_way..., test_403_at_the_beginning... |
| 34 | malformed or HTML body | test_google_fails: test_what_was_done..., test_a_read_that... |
| 35 | stale reads | test_google_fails: test_a_stale_read_after_a_write..., test_a_look_that_is_stale... |
| 36 | grant and revoke race | tests/access/test_races, test_policy_writer: test_the_later_decision_wins... |
| 37 | the approver lost the right | tests/access/requests/test_authority |
| 38 | a clock off by ten minutes | test_clocks: test_a_worker_whose_clock_is_off |
| 39 | the secret is gone before a retry | test_claims_and_refusals: test_a_secret_that_is_gone... |
| 40 | policy full | test_claims_and_refusals: test_a_full_policy...; tests/access/test_policy_writer |

The secret canary is in test_secret_canary; the policy writer under concurrency and random histories in
tests/access/test_policy_*.
"""
