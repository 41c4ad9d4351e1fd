/** The file of the package that this code is in. The build puts another name into the supervisor's. */
export const OWN_NAME: string = 'nogil.js';
