/** Says what is wrong, and what to do about it, and has the process fail where anything is. */
export function tell(problems, remedy) {
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) {
    console.error(remedy)
    process.exitCode = 1
  }
}
