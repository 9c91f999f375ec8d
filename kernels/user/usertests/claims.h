// All tests, by subject, in the order they run. A name is that of its function.
#ifndef CLAIMS_H
#define CLAIMS_H

#define CLAIMS(CLAIM)                       \
  /* Hostile arguments */                   \
  CLAIM(copy_in)                            \
  CLAIM(copy_out)                           \
  CLAIM(buffer_across_end)                  \
  CLAIM(endless_strings)                    \
  CLAIM(huge_sizes)                         \
  CLAIM(unknown_calls)                      \
  CLAIM(kexec_refused)                      \
  /* Files */                               \
  CLAIM(bad_descriptors)                    \
  CLAIM(access_modes)                       \
  CLAIM(write_read_back)                    \
  CLAIM(seeks)                              \
  CLAIM(append)                             \
  CLAIM(truncate)                           \
  CLAIM(unlinked_file)                      \
  CLAIM(directories)                        \
  CLAIM(list_names)                         \
  CLAIM(exhaust_descriptors)                \
  CLAIM(shared_offset)                      \
  CLAIM(devices)                            \
  CLAIM(read_write_at)                      \
  CLAIM(descriptor_control)                 \
  CLAIM(renames)                            \
  CLAIM(rename_arguments)                   \
  /* Pipes */                               \
  CLAIM(pipe_end)                           \
  CLAIM(pipe_broken)                        \
  CLAIM(pipe_full)                          \
  CLAIM(pipe_nonblocking)                   \
  CLAIM(pipe_buffer_across_hole)            \
  /* Processes */                           \
  CLAIM(wait_variants)                      \
  CLAIM(kills)                              \
  CLAIM(deep_fork)                          \
  CLAIM(fork_until_refused)                 \
  CLAIM(orphan)                             \
  CLAIM(process_list)                       \
  CLAIM(exec_arguments)                     \
  CLAIM(exec_signals)                       \
  CLAIM(exec_refused)                       \
  CLAIM(names_and_messages)                 \
  /* Groups, sessions and terminals */      \
  CLAIM(process_groups)                     \
  CLAIM(sessions)                           \
  CLAIM(group_arguments)                    \
  CLAIM(no_terminal)                        \
  CLAIM(console_mode)                       \
  /* Memory */                              \
  CLAIM(faults)                             \
  CLAIM(stack_growth)                       \
  CLAIM(break_moves)                        \
  CLAIM(break_anywhere)                     \
  CLAIM(mappings)                           \
  CLAIM(heap)                               \
  CLAIM(copy_on_write)                      \
  CLAIM(out_of_memory)                      \
  /* Shared, mapped and protected memory */ \
  CLAIM(shared_anonymous)                   \
  CLAIM(shared_file)                        \
  CLAIM(private_file)                       \
  CLAIM(beyond_file)                        \
  CLAIM(protections)                        \
  CLAIM(executable_memory)                  \
  CLAIM(fixed_mappings)                     \
  CLAIM(mapping_arguments)                  \
  CLAIM(exhaust_mappings)                   \
  CLAIM(trampoline)                         \
  /* Signals */                             \
  CLAIM(handler_runs)                       \
  CLAIM(handler_keeps_registers)            \
  CLAIM(masks_hold_back)                    \
  CLAIM(unblockable)                        \
  CLAIM(handler_masks)                      \
  CLAIM(handler_once)                       \
  CLAIM(ignored_signals)                    \
  CLAIM(default_actions)                    \
  CLAIM(signals_after_fork)                 \
  CLAIM(suspend)                            \
  CLAIM(interrupted_read)                   \
  CLAIM(interrupted_write)                  \
  CLAIM(interrupted_sleep)                  \
  CLAIM(interrupted_wait)                   \
  CLAIM(uninterrupted)                      \
  CLAIM(child_signals)                      \
  CLAIM(unwanted_children)                  \
  CLAIM(fault_handlers)                     \
  CLAIM(handler_changes_frame)              \
  CLAIM(fault_without_way_out)              \
  CLAIM(hostile_frames)                     \
  CLAIM(signal_arguments)                   \
  CLAIM(timer_once)                         \
  CLAIM(timer_interval)                     \
  CLAIM(timer_arguments)                    \
  /* Threads */                             \
  CLAIM(threads_run)                        \
  CLAIM(threads_share)                      \
  CLAIM(mutex_excludes)                     \
  CLAIM(condition_turns)                    \
  CLAIM(heap_of_threads)                    \
  CLAIM(exit_ends_threads)                  \
  CLAIM(kill_ends_threads)                  \
  CLAIM(first_thread_ends)                  \
  CLAIM(fork_from_thread)                   \
  CLAIM(exec_ends_threads)                  \
  CLAIM(exhaust_threads)                    \
  CLAIM(clone_words)                        \
  CLAIM(clone_arguments)                    \
  CLAIM(signals_to_threads)                 \
  CLAIM(thread_kill_arguments)              \
  /* Futexes */                             \
  CLAIM(futex_returns)                      \
  CLAIM(futex_counts)                       \
  CLAIM(futex_interrupted)                  \
  CLAIM(futex_between_processes)            \
  CLAIM(futex_in_file)                      \
  CLAIM(futex_killed)                       \
  CLAIM(futex_arguments)                    \
  /* Poll */                                \
  CLAIM(poll_pipe)                          \
  CLAIM(poll_others)                        \
  CLAIM(poll_timeout)                       \
  CLAIM(poll_wakes)                         \
  CLAIM(poll_wakes_writer)                  \
  CLAIM(poll_interrupted)                   \
  CLAIM(poll_arguments)                     \
  /* Sockets */                             \
  CLAIM(socket_addresses)                   \
  CLAIM(socket_states)                      \
  CLAIM(socket_data)                        \
  CLAIM(socket_end)                         \
  CLAIM(socket_half_close)                  \
  CLAIM(socket_poll)                        \
  CLAIM(socket_connect)                     \
  CLAIM(socket_transfer)                    \
  CLAIM(socket_full)                        \
  CLAIM(socket_backlog)                     \
  CLAIM(socket_shared)                      \
  CLAIM(exhaust_sockets)                    \
  CLAIM(socket_interrupted)                 \
  CLAIM(socket_arguments)                   \
  /* Disk, and second console */            \
  CLAIM(disk_read_only)                     \
  CLAIM(disk_reads)                         \
  CLAIM(disk_paths)                         \
  CLAIM(mount_arguments)                    \
  CLAIM(second_console)                     \
  /* Time */                                \
  CLAIM(sleeps)
#endif
