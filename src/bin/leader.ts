/** bin/leader. */
import '../leader/main.js';
